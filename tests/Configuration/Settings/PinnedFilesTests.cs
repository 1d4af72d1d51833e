using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration.Settings;

/// <summary>Who may change settings must not choose what the engine reads: every reloadable key that names a file is set in the file alone.</summary>
public sealed partial class PinnedFilesTests
{
    static IEnumerable<string> Keys => KeysOf(ConfigJson.Root, "", reloads: false);

    [Test]
    public void The_models_are_among_the_keys_that_name_files() =>
        Assert.That(Keys, Is.SupersetOf(new[] { "scoring.model", "scoring.models" }));

    [TestCaseSource(nameof(Keys))]
    public void A_reloadable_key_that_names_a_file_is_pinned(string key)
    {
        var isMap = key == "scoring.models";
        JsonNode value = isMap ? new JsonObject { ["a"] = "/dev/zero" } : JsonValue.Create("/dev/zero");
        var overlay = key.Split('.').Reverse().Aggregate(value, (inner, name) => new JsonObject { [name] = inner });
        using var scratch = new Scratch();
        var problems = ConfigLoader.Load(scratch.Write("c.yaml", ConfigFile.Store), TestCatalog.Small, _ => null, SettingsOverlay.Parse(overlay.ToJsonString())).Problems;
        Assert.That(problems.Select(problem => problem.Code), Does.Contain(SettingsException.Pinned));
    }

    static IEnumerable<string> KeysOf(JsonTypeInfo section, string path, bool reloads)
    {
        // Stores and sinks have rules of their own: SettingsOverlayTests.
        foreach (var property in ConfigJson.KeysOf(section).Where(property => path.Length > 0 || property.Name is not ("stores" or "sinks")))
        {
            var (key, type, at) = (ConfigBinder.KeyOf(property), property.Options.GetTypeInfo(property.PropertyType), SettingsPath.Join(path, property.Name));
            var applies = reloads || key is { Reloads: true };
            if (type.Kind == JsonTypeInfoKind.Object)
            {
                foreach (var inner in KeysOf(type, at, applies))
                {
                    yield return inner;
                }
            }
            else if (applies && IsText(property.PropertyType) && NamesFile().IsMatch(key?.Description ?? ""))
            {
                yield return at;
            }
        }
    }

    static bool IsText(Type type) => type == typeof(string) || type == typeof(Dictionary<string, string>);

    [GeneratedRegex(@"\b([Ff]ile|[Ff]older|[Dd]irectory|[Pp]ath)\b")]
    private static partial Regex NamesFile();
}
