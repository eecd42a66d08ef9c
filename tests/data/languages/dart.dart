import 'dart:io';

/// A named thing.
abstract class Named {
  String get name;
}

/// A person.
class Person extends Named {
  final String first;

  Person(this.first);

  Person.anonymous() : first = '' {
    print('anonymous');
  }

  @override
  String get name => first;

  /// Says hello.
  void greet(String other) {
    print('Hello $other');
  }
}

enum Color { red, green }

mixin Walks {
  void walk() {
    print('walking');
  }
}

extension Shout on String {
  String shout() => toUpperCase();
}

/// Starts.
Future<void> main(List<String> args) async {
  Person('Ada').greet('Bob');
}
