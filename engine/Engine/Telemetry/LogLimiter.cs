namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// Bounds the lines that clients can make the engine log: a few of each kind a minute, and with the next one how many were left out. Any
/// thread.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class LogLimiter(TimeProvider time)
{
    /// <summary>Lines of a kind within <see cref="Window"/>.</summary>
    public const int Lines = 5;

    // Kinds are types of exceptions and routes, so there are few; whatever comes after shares one.
    const int MaxKinds = 64;
    const string Other = "";

    readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    readonly Lock _gate = new();

    /// <summary>The interval that lines are counted in.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Counts a line.</summary>
    /// <param name="name">Its kind. Clients must not choose it.</param>
    /// <param name="suppressed">If it may be logged: how many of its kind were not since the last one.</param>
    public bool TryLog(string name, out long suppressed)
    {
        lock (_gate)
        {
            if (!_kinds.TryGetValue(name, out var kind))
            {
                name = _kinds.Count < MaxKinds ? name : Other;
                kind = _kinds.TryGetValue(name, out var other) ? other : _kinds[name] = new Kind { Since = time.GetTimestamp() };
            }

            if (time.GetElapsedTime(kind.Since) >= Window)
            {
                (kind.Since, kind.Logged) = (time.GetTimestamp(), 0);
            }

            suppressed = kind.Suppressed;
            var isLogged = kind.Logged < Lines;
            kind.Logged += isLogged ? 1 : 0;
            kind.Suppressed = isLogged ? 0 : suppressed + 1;
            return isLogged;
        }
    }

    sealed class Kind
    {
        public long Since { get; set; }

        public int Logged { get; set; }

        public long Suppressed { get; set; }
    }
}
