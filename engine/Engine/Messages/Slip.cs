namespace CartRecovery.Engine.Messages;

/// <summary>Tells a slip of the finger from another name.</summary>
static class Slip
{
    /// <summary>Whether a name is another one with one letter added, left out or replaced, or with two neighbours swapped.</summary>
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
