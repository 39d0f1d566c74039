# One line in, one line out, on port 7000. Counts its starts in $DATA, and does what tests of its host ask for.
use strict;
use warnings;
use IO::Handle;
use IO::Select;
use IO::Socket::INET;

STDOUT->autoflush(1);
STDERR->autoflush(1);
my $data = $ENV{DATA} // '/data';
my $port = $ENV{PORT} // 7000;
my $name = $ENV{NAME} // `cat /etc/hostname`;
chomp $name;
if ($ENV{DIE}) { print STDERR "no configuration found\ngiving up\n"; exit 3; }
sleep 3600 if $ENV{NEVER};
$SIG{TERM} = sub { exit 0 } unless $ENV{STUBBORN};

my $starts = 1;
if (open my $file, '<', "$data/starts") { $starts = 1 + (<$file> // 0); close $file; }
if (open my $file, '>', "$data/starts") { print $file $starts; close $file; }
if (open my $file, '>>', '/events.log') { print $file "start $starts of $name\n"; close $file; }

my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 64, ReuseAddr => 1) or die "port $port: $!";
print "$name serves on $port, start $starts\n";
my @eaten;
my $select = IO::Select->new($server);
my %heard;
while (1) {
  for my $socket ($select->can_read) {
    if ($socket == $server) { my $peer = $server->accept; $select->add($peer) if $peer; next; }
    my $count = sysread($socket, my $bytes, 65536);
    if (!$count) { $select->remove($socket); delete $heard{$socket}; close $socket; next; }
    $heard{$socket} .= $bytes;
    while ($heard{$socket} =~ s/^(.*)\n//) { my $answer = answer(split ' ', $1); syswrite $socket, "$answer\n"; }
  }
}

sub answer {
  my ($verb, $number) = @_;
  return 'pong' if $verb eq 'ping';
  return $starts if $verb eq 'starts';
  return time if $verb eq 'time';
  if ($verb eq 'exit') { print STDERR "asked to end\n"; exit $number; }
  if ($verb eq 'say') { print "line $_\n" for 1 .. $number; print STDERR "said\n"; return 'said'; }
  if ($verb eq 'eat') { my $bytes = 'x' x ($number * 1048576); push @eaten, $bytes; return 'ate'; }
  if ($verb eq 'spin') { my $until = (times)[0] + $number / 1000; 1 while (times)[0] < $until; return 'spun'; }
  if ($verb eq 'write') {
    open my $file, '>', "$data/scratch" or return "$!";
    my $done = print $file 'x' x $number;
    return $done && close($file) ? 'written' : "$!";
  }
  return "what is $verb?";
}
