-module(counter).
-export([start/0, loop/1]).

-define(LIMIT, 10).

-record(state, {count = 0 :: integer(), name}).

-type name() :: atom().

%% @doc Starts a counter.
-spec start() -> pid().
start() ->
    spawn(fun() -> loop(#state{}) end).

loop(State) when State#state.count > ?LIMIT ->
    ok;
loop(State) ->
    receive
        tick -> loop(State)
    end.
