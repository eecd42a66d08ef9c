module Shapes (area, Shape (..)) where

import Data.List (sortBy)

-- | A closed shape.
data Shape
  = Circle Double
  | Square Double
  deriving (Show)

newtype Name = Name String

type Points = [Double]

class HasArea a where
  areaOf :: a -> Double

instance HasArea Shape where
  areaOf = area

-- | The area in square metres.
area :: Shape -> Double
area (Circle r) = pi * r * r
area (Square a) = a * a

(<+>) :: Shape -> Shape -> Double
a <+> b = area a + area b

main :: IO ()
main = do
  print (area (Circle 1))
