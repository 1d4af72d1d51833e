using System.Text.Json;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>A kind of change. The n-th change, from 0, leaves the n-th state.</summary>
sealed record ControlChange(string Name, Func<int, (HttpMethod Method, string Path, object Body)> Change, Func<int, string> State, string Path, Func<JsonElement, string> Read)
{
    /// <summary>Finds its entries in the audit log; null if they are written after the change, so that a crash can come between.</summary>
    public string? Audit { get; init; }

    /// <summary>Further paths; the state is what they all hold, joined.</summary>
    public IReadOnlyList<string> MorePaths { get; init; } = [];

    /// <summary>The state before the first change.</summary>
    public string Initial { get; init; } = "";

    /// <summary>Entries of the audit log from before the test.</summary>
    public int Before { get; init; }

    /// <summary>Whether a change needs the version that it follows.</summary>
    public bool HasVersions { get; init; }

    /// <summary>The access token of whoever makes the n-th change; null for the administrator's.</summary>
    public Func<int, string>? Token { get; init; }

    public int MaxPerRound { get; init; } = 10;
}
