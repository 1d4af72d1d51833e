using CartRecovery.Engine.Configuration;

namespace CartRecovery.Tests.Configuration;

/// <summary>A configuration in a temporary file.</summary>
static class ConfigFile
{
    /// <summary>A store section of five lines to precede the tested YAML.</summary>
    public const string Store = """
        stores:
          - id: s1
            keys:
              - { key: pk_1, kind: publishable }
              - { key: sk_0123456789abcdef, kind: secret }

        """;

    /// <summary>Loads the text under the file name c.yaml.</summary>
    public static (CartRecoveryConfig? Config, string[] Problems) Load(string yaml, params (string Name, string Value)[] environment)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, yaml);
            var result = ConfigLoader.Load(path, TestCatalog.Small, name =>
                environment.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault());
            return (result.Config, [.. result.Problems.Select(problem => (problem with { File = "c.yaml" }).ToString())]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The problems of a text following <see cref="Store"/>, whose first line is therefore line 6.</summary>
    public static string[] ProblemsOf(string yaml, params (string Name, string Value)[] environment) =>
        Load(Store + yaml, environment).Problems;
}
