;;; counter.el --- Counts words  -*- lexical-binding: t -*-

(require 'cl-lib)

(defvar counter-limit 10
  "How many words to count.")

(defcustom counter-face 'bold
  "Face of the count."
  :type 'face)

(defun counter-count (text)
  "Return the number of words in TEXT."
  (length (split-string text)))

;; Runs BODY quietly.
(defmacro counter-quietly (&rest body)
  "Run BODY without messages."
  `(let ((inhibit-message t)) ,@body))

(provide 'counter)
