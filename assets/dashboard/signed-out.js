// A session that ends while a page is open: the page says so and keeps what was typed; signing in happens in a tab beside it.
{
  const BANNER = "signed-out";
  const plainFetch = window.fetch;

  const tell = () => {
    if (document.getElementById(BANNER)) return;
    const banner = document.createElement("div");
    banner.id = BANNER;
    banner.className = "banner error signed-out";
    banner.setAttribute("role", "alert");
    const signIn = document.createElement("a");
    signIn.href = "/login?again";
    signIn.target = "_blank";
    signIn.rel = "opener"; // so that the tab may close itself again
    signIn.textContent = "Sign in";
    banner.append("You are signed out. Nothing you typed is lost. ", signIn);
    document.body.append(banner);
  };

  const isOurs = (asked) => new URL(asked?.url ?? asked, location.href).origin === location.origin;

  window.fetch = async (...asked) => {
    const answer = await plainFetch(...asked);
    if (!isOurs(asked[0])) return answer;
    if (answer.ok) document.getElementById(BANNER)?.remove();
    if (answer.status !== 401) return answer;
    tell();
    return new Response(null, { status: 204 }); // to Dash: nothing changes. It stumbles over a 401.
  };

  new BroadcastChannel("hitrate-session").addEventListener("message", () => {
    document.getElementById(BANNER)?.remove();
    window.dash_clientside?.set_props?.("status-tick", { n_intervals: Date.now() });
  });
}
