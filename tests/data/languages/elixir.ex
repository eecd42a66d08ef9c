defmodule Shop.Cart do
  @moduledoc """
  A cart of items.
  """

  use GenServer

  defstruct items: []

  @doc """
  Adds an item.
  """
  @spec add(t(), item()) :: t()
  def add(cart, item) when is_map(item) do
    %{cart | items: [item | cart.items]}
  end

  def total(%{items: []}), do: 0

  defp sum(items) do
    Enum.sum(items)
  end

  defmacro debug(code) do
    quote do: IO.inspect(unquote(code))
  end
end

defprotocol Shop.Priced do
  def price(item)
end

defimpl Shop.Priced, for: Map do
  def price(item) do
    item.price
  end
end
