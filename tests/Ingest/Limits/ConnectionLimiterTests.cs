using System.Net;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest.Limits;

namespace CartRecovery.Tests.Ingest.Limits;

public sealed class ConnectionLimiterTests
{
    static readonly Store s_limited = new(7, "a", "a"u8.ToArray(), TimeZoneInfo.Utc, "USD") { MaxConnections = 2 },
        s_free = s_limited with { Number = 2, Id = "b", MaxConnections = 0 };

    [Test]
    public void Each_limit_is_exact_and_a_released_slot_is_reusable()
    {
        var gate = new ConnectionLimiter(capacity: 2, perAddress: 2, new StoreTable([s_limited, s_free]));
        var address = IPAddress.Parse("192.0.2.7");

        Assert.That(new[] { gate.TryReserveStream(), gate.TryReserveStream(), gate.TryReserveStream() }, Is.EqualTo(new[] { true, true, false }));
        Assert.That(new[] { gate.TryReserveAddress(address), gate.TryReserveAddress(address), gate.TryReserveAddress(address) }, Is.EqualTo(new[] { true, true, false }));
        Assert.That(new[] { gate.TryReserveStoreStream(s_limited), gate.TryReserveStoreStream(s_limited), gate.TryReserveStoreStream(s_limited) }, Is.EqualTo(new[] { true, true, false }));
        Assert.That(Enumerable.Range(0, 100).Select(_ => gate.TryReserveStoreStream(s_free)), Has.All.True);
        Assert.That(Enumerable.Range(0, 2 + gate.Pending.Capacity + ConnectionLimiter.Spare).Select(_ => gate.TryReserveSocket()), Has.All.True);
        Assert.That(gate.TryReserveSocket(), Is.False);
        Assert.That(ConnectionLimiter.Reasons.Select(gate.RejectedFor), Is.EqualTo(new[] { 2, 1, 1, 0 }));

        gate.ReleaseStream();
        gate.ReleaseAddress(address);
        gate.ReleaseStoreStream(s_limited);
        gate.ReleaseSocket();
        Assert.That((gate.TryReserveStream(), gate.TryReserveAddress(address), gate.TryReserveStoreStream(s_limited), gate.TryReserveSocket()), Is.EqualTo((true, true, true, true)));
        Assert.That((gate.TryReserveStream(), gate.TryReserveAddress(address), gate.TryReserveStoreStream(s_limited), gate.TryReserveSocket()), Is.EqualTo((false, false, false, false)));
    }

    [TestCase("192.0.2.7", "192.0.2.8", false)]
    [TestCase("192.0.2.7", "::ffff:192.0.2.7", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void An_IPv6_network_is_one_address_and_a_mapped_address_is_IPv4(string first, string second, bool isSame)
    {
        var gate = new ConnectionLimiter(capacity: 10, perAddress: 1, new StoreTable([]));

        Assert.That(gate.TryReserveAddress(IPAddress.Parse(first)), Is.True);
        Assert.That(gate.TryReserveAddress(IPAddress.Parse(second)), Is.EqualTo(!isSame));
        gate.ReleaseAddress(IPAddress.Parse(first));
        Assert.That(gate.TryReserveAddress(IPAddress.Parse(isSame ? second : first)), Is.True);
    }

    [Test]
    public void Concurrent_rejection_messages_are_bounded()
    {
        var gate = new ConnectionLimiter(capacity: 1, perAddress: 1, new StoreTable([]));

        Assert.That(Enumerable.Range(0, ConnectionLimiter.Spare).Select(_ => gate.TryReserveErrorSlot()), Has.All.True);
        Assert.That(gate.TryReserveErrorSlot(), Is.False);
        gate.ReleaseErrorSlot();
        Assert.That((gate.TryReserveErrorSlot(), gate.TryReserveErrorSlot()), Is.EqualTo((true, false)));
    }

    [Test]
    public void Concurrent_connections_are_counted_exactly()
    {
        const int limit = 5;
        var gate = new ConnectionLimiter(capacity: limit, perAddress: limit, new StoreTable([]));
        var (inside, most) = (0, 0);
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (!gate.TryReserveAddress(IPAddress.Loopback))
            {
                return;
            }

            var now = Interlocked.Increment(ref inside);
            if (now > Volatile.Read(ref most))
            {
                Interlocked.Exchange(ref most, now);
            }

            Interlocked.Decrement(ref inside);
            gate.ReleaseAddress(IPAddress.Loopback);
            if (gate.TryReserveStream())
            {
                gate.ReleaseStream();
            }
        });

        Assert.That((most is > 0 and <= limit, gate.Streams), Is.EqualTo((true, 0)));
        Assert.That(Enumerable.Range(0, limit).Select(_ => gate.TryReserveAddress(IPAddress.Loopback)), Has.All.True);
        Assert.That(gate.TryReserveAddress(IPAddress.Loopback), Is.False);
    }
}
