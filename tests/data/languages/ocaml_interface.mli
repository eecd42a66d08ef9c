(** Trees. *)

type 'a tree

(** Number of nodes.

    Linear. *)
val size : 'a tree -> int

module Stack : sig
  type t
  val push : int -> t -> t
end
