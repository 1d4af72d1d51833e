using CartRecovery.Contracts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks a sink's section against its spec: unknown keys, missing keys and wrong types.</summary>
sealed class SinkCheck(string name, SinkConfig sink, SinkSpec spec, ConfigLocations locations, ConfigProblems problems)
{
    static readonly string[] s_common = [.. ConfigJson.KeysOf(ConfigJson.Default.SinkConfig).Select(property => property.Name)];

    public void Run()
    {
        List<string> known = [.. s_common, .. spec.Options.Select(option => option.Name)];
        var guessed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in locations.KeysOf(sink).Where(key => !known.Contains(key)))
        {
            guessed.Add(Suggestion.Find(key, known) ?? "");
            problems.Add(locations.OfKey(sink, key),
                $"unknown key '{key}' in sinks.{name}, a {spec.Type} sink{Suggestion.Hint(key, known)}");
        }

        foreach (var option in spec.Options)
        {
            if (sink.Options.TryGetValue(option.Name, out var value))
            {
                if (!option.Type.Accepts(value))
                {
                    Report(SinkConfigurationException.Expected(option.Name, option.Type.Form));
                }
            }
            else if (option.Required && !guessed.Contains(option.Name) && !locations.Failed(sink, option.Name))
            {
                problems.Add(locations.Of(sink, ""),
                    $"missing key '{option.Name}' in sinks.{name}, a {spec.Type} sink: {option.Description}");
            }
        }
    }

    /// <summary>Reports a problem at an option. Quotes the file's own text, with variables unexpanded.</summary>
    public void Report(SinkConfigurationException error)
    {
        var option = spec.Options.FirstOrDefault(option => option.Name == error.Option);
        var quote = error.IsMalformed && locations.ItemOf(sink, error.Option) is { } item
            ? OptionBinder.Quote(item, option is not { IsSecret: false }) + Hint(option, item)
            : "";
        problems.Add(locations.Of(sink, error.Option), $"sinks.{name}.{error.Option}: {error.Problem}{quote}");
    }

    static string Hint(SinkOption? option, YamlItem item) =>
        option?.Type is ChoiceOption { Choices: var choices } && item is YamlText text && Suggestion.Find(text.Value, choices) is { } near
            ? $", did you mean '{near}'?"
            : "";
}
