using CartRecovery.Contracts;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Reads a sink's option from the file. Its type is checked later, once the sink's type is known.</summary>
static class OptionBinder
{
    /// <summary>Expands the value's variables; <see langword="null"/> on failure, which is reported.</summary>
    /// <param name="item">The value in the file.</param>
    /// <param name="path">Its path, for problems.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="problems">Receives problems.</param>
    /// <param name="secrets">Reads secrets; null for an option that is none.</param>
    /// <param name="isMap">Whether the option is a map, each of whose values may be a secret.</param>
    public static OptionValue? Read(
        YamlItem item, string path, Func<string, string?> environment, ConfigProblems problems, SecretSource? secrets = null, bool isMap = false)
    {
        switch (item)
        {
            case YamlMap when secrets is not null && !isMap && SecretSource.Is(item):
                return secrets.Read(item, path) is { } secret ? new OptionValue(secret) : null;
            case YamlText text:
                secrets?.Note(text, path);
                return EnvironmentText.Expand(text, environment, problems) is { } value ? new OptionValue(value) : null;
            case YamlList list:
                var texts = list.Items.Select((entry, i) => TextOf(entry, $"{path}[{i}]", environment, problems)).ToList();
                return texts.Contains(null) ? null : new OptionValue([.. texts.OfType<string>()]);
            case YamlMap map:
                var entries = map.Entries.Select(entry =>
                    (entry.Key, Text: secrets is not null && SecretSource.Is(entry.Value.Value)
                        ? secrets.Read(entry.Value.Value, $"{path}.{entry.Key}") : TextOf(entry.Value.Value, $"{path}.{entry.Key}", environment, problems))).ToList();
                return entries.Exists(entry => entry.Text is null)
                    ? null
                    : new OptionValue(entries.ToDictionary(entry => entry.Key, entry => entry.Text!, StringComparer.Ordinal));
            default:
                return null;
        }
    }

    /// <summary>Quotes the file's value in a problem, except for secrets, and for a text that may be a URL with a password.</summary>
    public static string Quote(YamlItem item, bool secret) => item switch
    {
        YamlList => ", got a list",
        YamlMap => ", got a map",
        YamlText text when !secret && !(text.Value.Contains("://", StringComparison.Ordinal) && text.Value.Contains('@')) => $", got \"{text.Value.ReplaceLineEndings(" ")}\"",
        _ => "",
    };

    static string? TextOf(YamlItem item, string path, Func<string, string?> environment, ConfigProblems problems)
    {
        if (item is YamlText text)
        {
            return EnvironmentText.Expand(text, environment, problems);
        }

        problems.Add(item.At, $"{path}: expected text{Quote(item, secret: false)}");
        return null;
    }
}
