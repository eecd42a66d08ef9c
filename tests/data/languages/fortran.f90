module shapes
  implicit none
  real, parameter :: limit = 10.0

  type :: circle
    real :: radius
  end type circle

contains

  !> Computes the area.
  function area(c) result(a)
    type(circle), intent(in) :: c
    real :: a
    a = 3.14 * c%radius**2
  end function area

  subroutine show(c)
    type(circle), intent(in) :: c
    print *, c%radius
  end subroutine show

end module shapes

program main
  use shapes
  print *, "hello"
end program main
