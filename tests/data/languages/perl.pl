package HTTP::Light;

use strict;
use warnings;

our $VERSION = '1.0';

# Sends a request and
# returns the response.
sub get {
    my ($self, $url) = @_;
    return $self->request('GET', $url);
}

package HTTP::Light::Error;

sub new { my ($class) = @_; return bless {}, $class }

1;

__END__

=head1 NAME

HTTP::Light - a small client
