@0xdbb9ad1f14bf0b36;

# One thing to buy.
struct Item {
  name @0 :Text;
  cents @1 :Int64;
}

enum Currency {
  eur @0;
}

interface Shop {
  buy @0 (item :Item) -> ();
}
