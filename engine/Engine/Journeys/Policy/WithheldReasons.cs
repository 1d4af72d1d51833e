using System.Text.Json;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>Converts reasons to and from their names.</summary>
public static class WithheldReasons
{
    static readonly string[] s_names = [.. Enum.GetValues<WithheldReason>().Select(r => JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()))];

    /// <summary>All reasons except <see cref="WithheldReason.None"/>.</summary>
    public static IReadOnlyList<WithheldReason> All { get; } = [.. Enum.GetValues<WithheldReason>().Where(r => r != WithheldReason.None)];

    /// <summary>Returns the name used in metrics and over HTTP: <c>frequency_cap</c>.</summary>
    public static string NameOf(WithheldReason reason) => s_names[(int)reason];

    /// <summary>Returns the reason with this name, or <see cref="WithheldReason.None"/>.</summary>
    public static WithheldReason Parse(string name) => (WithheldReason)Math.Max(0, Array.IndexOf(s_names, name));
}
