namespace CartRecovery.Engine.Messages;

/// <summary>Detects typing errors in names.</summary>
static class Slip
{
    /// <summary>Gets whether two names differ by one added, omitted or replaced letter, or two swapped neighbours.</summary>
    public static bool IsOne(string name, string meant)
    {
        var start = name.AsSpan().CommonPrefixLength(meant);
        var a = name.AsSpan(start);
        var b = meant.AsSpan(start);
        return (a.Length - b.Length) switch
        {
            0 when a.IsEmpty => false,
            0 => a[1..].SequenceEqual(b[1..]) || (a.Length > 1 && a[0] == b[1] && a[1] == b[0] && a[2..].SequenceEqual(b[2..])),
            1 => a[1..].SequenceEqual(b),
            -1 => a.SequenceEqual(b[1..]),
            _ => false,
        };
    }
}
