using System.Collections.Frozen;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>Repairs event types in another case or spelling, and maps other tools' names.</summary>
static class TypeRules
{
    const string Case = "type in another case", Alias = "alias of a type";

    // Without case, underscores, hyphens, dots and spaces. Covers Segment, GA4, Shopify and Meta events, and common spellings.
    static readonly FrozenDictionary<string, string> s_types = EventTypes.All
        .SelectMany(row => row.Aliases.Append(FieldRules.Plain(row.Name)).Distinct().Select(alias => (alias, row.Name)))
        .ToFrozenDictionary(t => t.alias, t => t.Name, StringComparer.Ordinal);

    /// <summary>Sets the type to its native name.</summary>
    public static void Apply(EventDraft draft)
    {
        foreach (var field in draft.Named("type"))
        {
            if (field.Text is { } text && !EventTypes.Names.Contains(text) && s_types.TryGetValue(FieldRules.Plain(text), out var native))
            {
                draft.Set(field, EventDraft.Quote(native), text.Equals(native, StringComparison.OrdinalIgnoreCase) ? Case : Alias);
            }
        }
    }
}
