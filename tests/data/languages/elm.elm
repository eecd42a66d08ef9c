module Main exposing (main)

import Html exposing (text)


{-| What is shown.
-}
type alias Model =
    { count : Int }


type Msg
    = Increment
    | Decrement


{-| Changes the model.
-}
update : Msg -> Model -> Model
update msg model =
    case msg of
        Increment ->
            { model | count = model.count + 1 }

        Decrement ->
            { model | count = model.count - 1 }


main =
    text "hello"
