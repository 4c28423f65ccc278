// Tasks one after another, a few at once, in the order in which they came.

export class Queue {
  #waiting = [];
  #running = 0;
  #atOnce;

  constructor(atOnce) {
    this.#atOnce = atOnce;
  }

  add(task) {
    this.#waiting.push(task);
    this.#start();
  }

  #start() {
    while (this.#running < this.#atOnce && this.#waiting.length) this.#run(this.#waiting.shift());
  }

  async #run(task) {
    this.#running += 1;
    try {
      await task();
    } finally {
      this.#running -= 1;
      this.#start();
    }
  }
}
