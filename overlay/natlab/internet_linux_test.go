package natlab

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wan is the interface that leads to the internet.
const wan = "wan"

// access is the link of a machine to the internet, the same both ways.
type access struct {
	rate  float64       // bytes a second
	delay time.Duration // one way
	queue time.Duration // of waiting at that rate before packets are dropped
	loss  float64       // share of packets lost
	hole  int           // packets of more bytes are lost, and nobody is told; 0 for none
}

// internet carries IPv4 and IPv6 packets between the machines attached to it.
type internet struct {
	late  lag
	done  chan struct{}
	group sync.WaitGroup // of what carries packets until done

	mu      sync.Mutex // guards what follows
	routes  map[netip.Prefix]*port
	cuts    map[[2]*port]bool
	carried map[[2]*port]int // bytes, from the first to the second
}

// port is where a machine is attached.
type port struct {
	tun      *os.File
	up, down *pipe
}

// newInternet makes one that ends with the test.
func newInternet(t *testing.T) *internet {
	t.Helper()
	i := &internet{
		done: make(chan struct{}), routes: map[netip.Prefix]*port{}, cuts: map[[2]*port]bool{},
		carried: map[[2]*port]int{},
	}
	i.group.Go(func() { i.late.run(i.done) })
	t.Cleanup(func() {
		close(i.done)
		i.mu.Lock()
		for _, p := range i.routes {
			_ = p.tun.Close() // several routes may share it
		}
		i.mu.Unlock()
		i.group.Wait()
	})
	return i
}

// attach gives a namespace the interface wan, with the first address of each
// prefix that is a single address. All packets to the prefixes go there.
func (i *internet) attach(t *testing.T, n *netns, link access, prefixes ...netip.Prefix) *port {
	t.Helper()
	tun, err := openTUN(n, wan)
	if err != nil {
		t.Fatal(err)
	}
	p := &port{tun: tun}
	lines := []string{"link set " + wan + " up mtu 1500"}
	for _, prefix := range prefixes {
		if prefix.IsSingleIP() {
			lines = append(lines, "addr add "+prefix.String()+" dev "+wan)
		}
	}
	lines = append(lines, "route add default dev "+wan)
	if ip6(prefixes) {
		lines = append(lines, "route add ::/0 dev "+wan)
	}
	n.configure(t, lines...)
	p.up = i.newPipe(link, i.route(p))
	p.down = i.newPipe(link, func(packet []byte) { _, _ = tun.Write(packet) })
	i.mu.Lock()
	for _, prefix := range prefixes {
		i.routes[prefix] = p
	}
	i.mu.Unlock()
	i.group.Go(func() { p.read() })
	return p
}

func ip6(prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Addr().Is6() {
			return true
		}
	}
	return false
}

// openTUN makes a TUN device in a namespace.
func openTUN(n *netns, name string) (*os.File, error) {
	var fd int
	err := n.in(func() error {
		var err error
		if fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0); err != nil {
			return os.NewSyscallError("open /dev/net/tun", err)
		}
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		return os.NewSyscallError("make TUN device", unix.IoctlIfreq(fd, unix.TUNSETIFF, request))
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// read takes what the machine sends until the device is closed.
func (p *port) read() {
	buf := make([]byte, 1<<16)
	for {
		n, err := p.tun.Read(buf)
		if err != nil {
			return
		}
		p.up.push(append([]byte(nil), buf[:n]...))
	}
}

// route hands packets from one port to those that they are for.
func (i *internet) route(from *port) func([]byte) {
	return func(packet []byte) {
		to, ok := destination(packet)
		if !ok {
			return
		}
		i.mu.Lock()
		p := i.lookUp(to)
		way := [2]*port{from, p}
		drop := p == nil || i.cuts[way]
		if !drop {
			i.carried[way] += len(packet)
		}
		i.mu.Unlock()
		if !drop {
			p.down.push(packet)
		}
	}
}

// lookUp is called with mu held.
func (i *internet) lookUp(to netip.Addr) *port {
	for prefix, p := range i.routes {
		if prefix.Contains(to) {
			return p
		}
	}
	return nil
}

func destination(packet []byte) (netip.Addr, bool) {
	switch {
	case len(packet) >= 20 && packet[0]>>4 == 4 && int(binary.BigEndian.Uint16(packet[2:])) == len(packet):
		return netip.AddrFrom4([4]byte(packet[16:20])), true
	case len(packet) >= 40 && packet[0]>>4 == 6:
		return netip.AddrFrom16([16]byte(packet[24:40])), true
	}
	return netip.Addr{}, false
}

// cut drops all packets between two ports from now on, until they are joined.
func (i *internet) cut(a, b *port) { i.setCut(a, b, true) }

func (i *internet) join(a, b *port) { i.setCut(a, b, false) }

func (i *internet) setCut(a, b *port, cut bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cuts[[2]*port{a, b}], i.cuts[[2]*port{b, a}] = cut, cut
}

// between returns how many bytes it has carried between two ports.
func (i *internet) between(a, b *port) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.carried[[2]*port{a, b}] + i.carried[[2]*port{b, a}]
}

// pipe is one way of a link.
type pipe struct {
	link access
	sent chan parcel

	mu   sync.Mutex // guards free
	free time.Time  // when the link has sent all that waits
}

type parcel struct {
	packet []byte
	due    time.Time
}

// newPipe makes a pipe that hands what comes out to deliver.
func (i *internet) newPipe(link access, deliver func([]byte)) *pipe {
	p := &pipe{link: link, sent: make(chan parcel, 1<<14)}
	i.group.Go(func() {
		timer := time.NewTimer(0)
		defer timer.Stop()
		for {
			select {
			case <-i.done:
				return
			case next := <-p.sent:
				timer.Reset(time.Until(next.due))
				select {
				case <-i.done:
					return
				case <-timer.C:
				}
				deliver(next.packet)
			}
		}
	})
	return p
}

// push never blocks: what finds the queue full is dropped.
func (p *pipe) push(packet []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.free.Before(now) {
		p.free = now
	}
	if p.free.Sub(now) > p.link.queue || p.link.loss > 0 && rand.Float64() < p.link.loss ||
		p.link.hole > 0 && len(packet) > p.link.hole {
		return
	}
	p.free = p.free.Add(time.Duration(float64(len(packet)) / p.link.rate * float64(time.Second)))
	select {
	case p.sent <- parcel{packet, p.free.Add(p.link.delay)}:
	default:
	}
}
