(ns shop.cart
  (:require [clojure.string :as str]))

(def limit 10)

;; Adds an item to a cart.
(defn add-item
  "Returns the cart with the item."
  [cart item]
  (update cart :items conj item))

(defn- secret [x] (* x 2))

(defmacro unless [test & body]
  `(if ~test nil (do ~@body)))

(defrecord Item [name price])

(defprotocol Priced
  (price [this]))

(defmulti total :kind)

(defmethod total :sale [order]
  (* 0.9 (:sum order)))
