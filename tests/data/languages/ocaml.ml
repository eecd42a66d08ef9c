open Printf

(** A binary tree. *)
type 'a tree =
  | Leaf
  | Node of 'a tree * 'a * 'a tree

exception Empty

(** Number of nodes. *)
let rec size = function
  | Leaf -> 0
  | Node (l, _, r) -> size l + 1 + size r

let limit = 10

let insert x t =
  match t with
  | Leaf -> Node (Leaf, x, Leaf)
  | t -> t

module Stack = struct
  type t = int list

  let push x s =
    x :: s
end

module type Queue = sig
  val push : int -> unit
end

let () = printf "%d\n" (size Leaf)
