using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Output;

/// <summary>Reads the parts of a log entry.</summary>
static class LogFields
{
    const string Template = "{OriginalFormat}";

    // Names of the line itself.
    static readonly string[] s_reserved = ["time", "level", "event", "category", "message", "traceId", "exception"];

    /// <summary>Returns the name of an event in snake case: <c>partition_recovered</c>; <see langword="null"/> if it has none.</summary>
    public static string? NameOf(EventId id) =>
        id.Name is not { Length: > 0 } name ? null
        : string.Concat(name.Select((letter, i) => char.IsAsciiLetterUpper(letter) ? (i > 0 && name[i - 1] != '_' ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString()));

    /// <summary>Returns the values that the message has places for.</summary>
    public static IEnumerable<object?> ValuesOf<TState>(TState state) => Of(state).Select(field => field.Value);

    /// <summary>Returns the values that the message has places for, with their names in camel case.</summary>
    public static IEnumerable<(string Name, object? Value)> Of<TState>(TState state)
    {
        foreach (var (name, value) in state as IReadOnlyList<KeyValuePair<string, object?>> ?? [])
        {
            if (name != Template && name.Length > 0)
            {
                var camel = char.ToLowerInvariant(name[0]) + name[1..];
                yield return (s_reserved.Contains(camel) ? camel + "Value" : camel, value);
            }
        }
    }
}
