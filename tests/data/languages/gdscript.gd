class_name Player
extends Node2D

signal died

var health := 10

## Takes damage.
func hit(amount: int) -> void:
	health -= amount
	if health <= 0:
		died.emit()

static func create() -> Player:
	return Player.new()

class Weapon:
	var damage := 1

	func swing():
		return damage
