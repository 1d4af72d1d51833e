namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>
/// Slows down the guessing of passwords: after some failures, the next attempt must wait, and twice as long after each further failure. Counts an account
/// from an address, an address, and an account from everywhere, whose wait is short, so that nobody is locked out by others for long. In memory, with a
/// bound. Any thread.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class LoginThrottle(TimeProvider time)
{
    /// <summary>How many are remembered; then the one that failed longest ago is forgotten.</summary>
    public const int Capacity = 16_384;

    static readonly TimeSpan s_longest = TimeSpan.FromMinutes(15);
    static readonly TimeSpan s_longestForAccount = TimeSpan.FromSeconds(30);
    static readonly TimeSpan s_memory = TimeSpan.FromHours(1);

    readonly Lock _gate = new();
    readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    readonly LinkedList<Entry> _byTime = new();

    /// <summary>Returns how long an attempt must wait; zero if it need not.</summary>
    /// <param name="account">The account, known or not.</param>
    /// <param name="address">Where the attempt comes from.</param>
    public TimeSpan WaitOf(string account, string address)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var until = KeysOf(account, address).Select(key => _entries.TryGetValue(key.Key, out var node) ? node.Value.Until : default).Max();
            return until > now ? until - now : TimeSpan.Zero;
        }
    }

    /// <summary>Counts a failure, before its outcome is known, so that attempts at the same time count too.</summary>
    public void Fail(string account, string address)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var (key, free, longest) in KeysOf(account, address))
            {
                var failures = _entries.Remove(key, out var node) && now - node.Value.At < s_memory ? node.Value.Failures + 1 : 1;
                if (node is not null)
                {
                    _byTime.Remove(node);
                }

                var wait = failures <= free ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures - free - 1), longest.TotalSeconds));
                _entries.Add(key, _byTime.AddLast(new Entry(key, failures, now, now + wait)));
            }

            while (_entries.Count > Capacity)
            {
                _entries.Remove(_byTime.First!.Value.Key);
                _byTime.RemoveFirst();
            }
        }
    }

    /// <summary>Forgets the failures of an account from an address, after it signed in from there.</summary>
    public void Succeed(string account, string address)
    {
        lock (_gate)
        {
            foreach (var (key, _, _) in KeysOf(account, address))
            {
                if (_entries.Remove(key, out var node))
                {
                    _byTime.Remove(node);
                }
            }
        }
    }

    static IEnumerable<(string Key, int Free, TimeSpan Longest)> KeysOf(string account, string address) =>
        [($"pair {account} {address}", 5, s_longest), ($"address {address}", 20, s_longest), ($"account {account}", 50, s_longestForAccount)];

    readonly record struct Entry(string Key, int Failures, DateTimeOffset At, DateTimeOffset Until);
}
