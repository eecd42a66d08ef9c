(defpackage :shapes
  (:use :cl))

(in-package :shapes)

(defparameter *limit* 10)

(defclass circle ()
  ((radius :initarg :radius)))

;; Computes the area.
(defun area (radius)
  "Return the area."
  (* pi radius radius))

(defmacro while (test &body body)
  `(loop (unless ,test (return)) ,@body))

(defmethod describe-shape ((shape circle))
  (print shape))
