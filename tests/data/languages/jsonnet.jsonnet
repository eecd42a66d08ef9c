local limit = 10;

// Makes a person.
local person(name) = {
  name: name,
};

{
  ada: person('Ada'),
}
