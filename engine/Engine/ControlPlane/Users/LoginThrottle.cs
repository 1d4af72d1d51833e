using System.Net;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>
/// Limits password guessing. Counts failed sign-ins by account and network, by network, and by account. Above a free number, each failure
/// doubles the delay of the next attempt, up to a maximum. Failures decay: the free number in an hour. An account that has signed in from a
/// network is exempt from that network's count, so others behind the same address cannot lock it out. A network is an IPv4 address or an
/// IPv6 /64. State is in memory and bounded. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class LoginThrottle(TimeProvider time)
{
    /// <summary>Maximum number of entries of each counter; beyond it, the least recent entry is evicted.</summary>
    public const int Capacity = 16_384;

    static readonly TimeSpan s_hour = TimeSpan.FromHours(1), s_known = TimeSpan.FromDays(30);

    readonly Lock _gate = new();

    // Separate bounds: attempts from many networks must not evict an account.
    readonly Counters _pairs = new(free: 5, TimeSpan.FromMinutes(15));
    readonly Counters _networks = new(free: 20, TimeSpan.FromMinutes(15));
    readonly Counters _accounts = new(free: 50, TimeSpan.FromSeconds(30));
    readonly RecentKeys _known = new();

    /// <summary>Returns the delay before the next attempt; zero if none.</summary>
    /// <param name="account">The account; it need not exist.</param>
    /// <param name="address">The client's address.</param>
    public TimeSpan WaitOf(string account, string address)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var until = CountersOf(account, address).Max(counter => counter.Of.UntilOf(counter.Key));
            return until > now ? until - now : TimeSpan.Zero;
        }
    }

    /// <summary>Counts a failure. Call before verifying the password, so that concurrent attempts count.</summary>
    public void Fail(string account, string address)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var (counters, key) in CountersOf(account, address))
            {
                counters.Add(key, now);
            }
        }
    }

    /// <summary>Reverts one failure, of an attempt whose password was right.</summary>
    public void TakeBack(string account, string address)
    {
        lock (_gate)
        {
            foreach (var (counters, key) in CountersOf(account, address))
            {
                counters.TakeBack(key);
            }
        }
    }

    /// <summary>
    /// Clears the failures of an account and network as a pair after a successful sign-in. In the counts by network and by account it
    /// reverts only this attempt: owning an account must not give free guesses at others.
    /// </summary>
    public void Succeed(string account, string address)
    {
        lock (_gate)
        {
            var counted = CountersOf(account, address);
            foreach (var (counters, key) in counted)
            {
                if (counters == _pairs)
                {
                    counters.Remove(key);
                }
                else
                {
                    counters.TakeBack(key);
                }
            }

            _known.Add(counted[0].Key, time.GetUtcNow());
        }
    }

    (Counters Of, string Key)[] CountersOf(string account, string address)
    {
        var network = NetworkOf(address);
        var pair = $"{network} {account}";
        return _known.Contains(pair, time.GetUtcNow() - s_known) ? [(_pairs, pair), (_accounts, account)] : [(_pairs, pair), (_networks, network), (_accounts, account)];
    }

    /// <summary>Returns the network of an address: an IPv4 address, or an IPv6 /64, since its owner has all of its addresses.</summary>
    internal static string NetworkOf(string address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            return address;
        }

        var bytes = parsed.GetAddressBytes();
        return bytes.Length == 4 ? Convert.ToHexString(bytes)
            : parsed.IsIPv4MappedToIPv6 ? Convert.ToHexString(bytes.AsSpan(12)) : Convert.ToHexString(bytes.AsSpan(0, 8));
    }

    sealed class Counters(int free, TimeSpan longest)
    {
        readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
        readonly LinkedList<Entry> _byTime = new();

        // Further failures do not increase the delay, so they must not increase the time to decay either.
        readonly double _most = free + 1 + Math.Ceiling(Math.Log2(longest.TotalSeconds));

        public DateTimeOffset UntilOf(string key) => _entries.TryGetValue(key, out var node) ? node.Value.Until : default;

        public void Add(string key, DateTimeOffset now)
        {
            var last = _entries.TryGetValue(key, out var node) ? node.Value : new Entry(key, 0, now, default, default);
            Remove(key);
            var failures = Math.Min(Math.Max(0, last.Failures - ((now - last.At) / s_hour * free)) + 1, _most);
            var wait = failures <= free ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures - free - 1), longest.TotalSeconds));
            _entries.Add(key, _byTime.AddLast(new Entry(key, failures, now, now + wait, Former: last.Until)));
            if (_entries.Count > Capacity)
            {
                Remove(_byTime.First!.Value.Key);
            }
        }

        public void TakeBack(string key)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                return;
            }

            var failures = node.Value.Failures - 1;
            if (failures <= 0)
            {
                Remove(key);
            }
            else
            {
                node.Value = node.Value with { Failures = failures, Until = failures <= free ? default : node.Value.Former };
            }
        }

        public void Remove(string key)
        {
            if (_entries.Remove(key, out var node))
            {
                _byTime.Remove(node);
            }
        }
    }

    sealed class RecentKeys
    {
        readonly Dictionary<string, LinkedListNode<(string Key, DateTimeOffset At)>> _keys = new(StringComparer.Ordinal);
        readonly LinkedList<(string Key, DateTimeOffset At)> _byTime = new();

        public bool Contains(string key, DateTimeOffset since) => _keys.TryGetValue(key, out var node) && node.Value.At >= since;

        public void Add(string key, DateTimeOffset now)
        {
            if (_keys.Remove(key, out var node))
            {
                _byTime.Remove(node);
            }

            _keys.Add(key, _byTime.AddLast((key, now)));
            if (_keys.Count > Capacity)
            {
                _keys.Remove(_byTime.First!.Value.Key);
                _byTime.RemoveFirst();
            }
        }
    }

    readonly record struct Entry(string Key, double Failures, DateTimeOffset At, DateTimeOffset Until, DateTimeOffset Former);
}
