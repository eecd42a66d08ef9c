namespace py shop

// One thing to buy.
struct Item {
  1: required string name
  2: optional i64 cents
}

enum Currency {
  EUR = 0
}

exception NotFound {
  1: string what
}

service Shop {
  void buy(1: Item item) throws (1: NotFound missing)
}
