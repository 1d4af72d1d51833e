using System.Text.RegularExpressions;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Expands environment variables: <c>${NAME}</c> and <c>${NAME:-default}</c>.</summary>
static partial class EnvironmentText
{
    /// <summary>Expands the text's variables; <see langword="null"/> on failure, which is reported.</summary>
    public static string? Expand(YamlText text, Func<string, string?> environment, ConfigProblems problems)
    {
        var failed = false;
        // One pass over the parsed text: a variable's value is never parsed as YAML or expanded again.
        var expanded = Variable().Replace(text.Value, match =>
        {
            var name = match.Groups["name"];
            if (!name.Success)
            {
                Fail("'${' must begin an environment variable: ${NAME} or ${NAME:-default}");
            }
            else if (environment(name.Value) is { } value)
            {
                // The runtime replaces bytes that are not UTF-8.
                if (!value.Contains('\uFFFD', StringComparison.Ordinal))
                {
                    return value;
                }

                Fail($"the environment variable {name.Value} is not UTF-8");
            }
            else if (match.Groups["default"] is { Success: true } otherwise)
            {
                return otherwise.Value;
            }
            else
            {
                Fail($"the environment variable {name.Value} is not set; set it, or write ${{{name.Value}:-default}}");
            }

            return "";
        });
        return failed ? null : expanded;

        void Fail(string message)
        {
            failed = true;
            problems.Add(text.At, message);
        }
    }

    /// <summary>Returns the names of the variables in a text.</summary>
    public static IReadOnlyList<string> NamesIn(string text) => [.. Variable().Matches(text).Select(match => match.Groups["name"].Value).Where(name => name.Length > 0).Distinct()];

    // "${{" is a literal dollar sign before a template variable.
    [GeneratedRegex(@"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\}|\$\{(?!\{)", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
