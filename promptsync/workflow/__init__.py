"""What the commands do: each reads, lets the pure rooms decide, and hands on. Usable without a terminal."""
