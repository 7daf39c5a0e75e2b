# SPDX-License-Identifier: MIT
# One line to the echo service and back.
use IO::Socket::INET;

my $s = IO::Socket::INET->new(PeerAddr => 'server', PeerPort => 7, Timeout => 3) or die "cannot connect: $@\n";
print $s "from perl\n";
my $line = <$s>;
die "no answer: $!\n" unless defined $line;
print $line;
