using System.Net;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>
/// Slows down the guessing of passwords: after some failures, the next attempt must wait, and twice as long after each further failure. Counts an account
/// from a network, a network, and an account from everywhere, whose wait is short, so that nobody is locked out by others for long. A network is an IPv4
/// address or an IPv6 /64. In memory, with a bound. Any thread.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class LoginThrottle(TimeProvider time)
{
    /// <summary>Maximum number of accounts, of networks and of pairs of them; beyond it, the one that failed longest ago is forgotten.</summary>
    public const int Capacity = 16_384;

    static readonly TimeSpan s_memory = TimeSpan.FromHours(1);

    readonly Lock _gate = new();

    // Each has its own bound: attempts from many networks do not push an account out.
    readonly Counters _pairs = new(free: 5, TimeSpan.FromMinutes(15));
    readonly Counters _networks = new(free: 20, TimeSpan.FromMinutes(15));
    readonly Counters _accounts = new(free: 50, TimeSpan.FromSeconds(30));

    /// <summary>Returns how long an attempt must wait; zero if it need not.</summary>
    /// <param name="account">The account, known or not.</param>
    /// <param name="address">Where the attempt comes from.</param>
    public TimeSpan WaitOf(string account, string address)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var until = CountersOf(account, address).Max(counter => counter.Of.UntilOf(counter.Key));
            return until > now ? until - now : TimeSpan.Zero;
        }
    }

    /// <summary>Counts a failure, before its outcome is known, so that attempts at the same time count too.</summary>
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

    /// <summary>Takes one failure back, for an attempt that was no wrong guess.</summary>
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
    /// Forgets the failures of an account from a network, after it signed in from there. Of the network's and the account's own failures it takes back this
    /// attempt alone: who has one account must not guess at the others without a wait.
    /// </summary>
    public void Succeed(string account, string address)
    {
        lock (_gate)
        {
            foreach (var (counters, key) in CountersOf(account, address))
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
        }
    }

    (Counters Of, string Key)[] CountersOf(string account, string address)
    {
        var network = NetworkOf(address);
        return [(_pairs, $"{network} {account}"), (_networks, network), (_accounts, account)];
    }

    /// <summary>Returns an address's network: an IPv4 address, or an IPv6 /64, whose owner has unlimited addresses.</summary>
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

        public DateTimeOffset UntilOf(string key) => _entries.TryGetValue(key, out var node) ? node.Value.Until : default;

        public void Add(string key, DateTimeOffset now)
        {
            var last = _entries.TryGetValue(key, out var node) && now - node.Value.At < s_memory ? node.Value : default;
            Remove(key);
            var failures = last.Failures + 1;
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
            if (failures == 0)
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

    readonly record struct Entry(string Key, int Failures, DateTimeOffset At, DateTimeOffset Until, DateTimeOffset Former);
}
