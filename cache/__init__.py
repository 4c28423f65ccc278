"""What a cache is: an order of eviction, a ledger of sizes, and the memory that holds the bytes."""
