using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Commands.Setup;

/// <summary>
/// Finds the problems of sink options that only the sinks' factories detect. Options that the file lacks or that are not of their type have
/// been reported; a placeholder takes their place, so that they do not hide the problems of the others.
/// </summary>
static class SinkInspection
{
    /// <summary>Creates each sink, which opens nothing, and disposes of it.</summary>
    public static IEnumerable<ConfigProblem> Of(CartRecoveryConfig config) =>
        config.Sinks.SelectMany(sink => SinkCatalog.All.FirstOrDefault(spec => spec.Type == sink.Value.Type) is { } spec
            ? Of(config.Origin, sink.Key, sink.Value, spec) : []);

    static IEnumerable<ConfigProblem> Of(ConfigOrigin origin, string name, SinkConfig sink, SinkSpec spec)
    {
        var reported = new HashSet<string>(StringComparer.Ordinal);
        var values = new Dictionary<string, OptionValue>(StringComparer.Ordinal);
        foreach (var option in spec.Options)
        {
            var value = sink.Options.GetValueOrDefault(option.Name);
            if (value is not null && option.Type.Accepts(value))
            {
                values.Add(option.Name, value);
                continue;
            }

            if (value is not null || option.Required || !origin.IsValid(sink, option.Name))
            {
                reported.Add(option.Name);
            }

            if (option.Required)
            {
                values.Add(option.Name, PlaceholderOf(option.Type));
            }
        }

        try
        {
            spec.Create(new SinkSettings(name, spec, values)).Sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return [];
        }
        catch (SinkConfigurationException error)
        {
            return [.. error.Further.Prepend(error).Where(e => !reported.Contains(e.Option)).Select(e => origin.ProblemOfSink(name, sink, spec, e))];
        }
    }

    static OptionValue PlaceholderOf(OptionType type) => type switch
    {
        IntegerOption integer => new OptionValue(FormattableString.Invariant($"{integer.Min ?? integer.Max ?? 1}")),
        NumberOption number => new OptionValue(FormattableString.Invariant($"{number.Min ?? number.Max ?? 1}")),
        DurationOption duration => new OptionValue(DurationText.Write(duration.Min ?? duration.Max ?? TimeSpan.FromSeconds(1))),
        BooleanOption => new OptionValue("true"),
        ChoiceOption choice => new OptionValue(choice.Choices[0]),
        UrlOption => new OptionValue("https://shop.example/"),
        HeadersOption => new OptionValue(new Dictionary<string, string>()),
        _ => new OptionValue("x"),
    };
}
