using System.Text;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>Generates the reference of sink options in Markdown from the declarations that <c>check</c> validates against.</summary>
public static class SinkReference
{
    /// <summary>Generates a section per sink: its description and a table of its options.</summary>
    public static string Write(IReadOnlyList<SinkSpec> sinks)
    {
        var text = new StringBuilder("# Options of the sinks\n\nGenerated from the sinks' specs; a test compares. Every sink also takes the keys in `plugins/README.md`.\n");
        foreach (var spec in sinks)
        {
            text.Append($"\n## `{spec.Type}`\n\n{spec.Description}");
            if (spec.Address != AddressKind.None)
            {
                text.Append($" Requires the shopper's {NounOf(spec.Address)}.");
            }

            if (spec.RateLimit > 0)
            {
                text.Append(FormattableString.Invariant($" `rateLimit` is {spec.RateLimit} unless configured."));
            }

            text.Append('\n');
            if (spec.Options.Count == 0)
            {
                continue;
            }

            text.Append("\n| key | type | default | |\n|---|---|---|---|\n");
            foreach (var option in spec.Options)
            {
                text.Append($"| `{option.Name}` | {TypeOf(option)} | {DefaultOf(option)} | {option.Description} |\n");
            }
        }

        return text.ToString();
    }

    static string TypeOf(SinkOption option) => option.Type switch
    {
        IntegerOption or NumberOption or DurationOption => WithoutArticle(option.Type.Form),
        ChoiceOption choice => string.Join(", ", choice.Choices.Select(word => $"`{word}`")),
        UrlOption { IsSecret: true } => $"{option.Type.Name}, secret",
        _ => option.Type.Name,
    };

    static string DefaultOf(SinkOption option) => option.Required ? "required" : option.Default is { } value ? $"`{value}`" : "";

    static string WithoutArticle(string form) => form.StartsWith("a ", StringComparison.Ordinal) ? form[2..] : form;

    static string NounOf(AddressKind kind) => kind switch
    {
        AddressKind.Email => "e-mail address",
        AddressKind.Phone => "telephone number",
        _ => "push token",
    };
}
