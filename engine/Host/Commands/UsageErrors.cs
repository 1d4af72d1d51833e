using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Primitives;
using CommandLine;
using CommandLine.Text;

namespace CartRecovery.Host.Commands;

/// <summary>Describes errors of a command line, with suggestions.</summary>
static class UsageErrors
{
    /// <summary>Describes an unknown command.</summary>
    public static string Unknown(string command) =>
        $"Unknown command '{command}'.{SuggestionFor(command, [.. CommandTable.All.Select(c => c.Name), "help"])}";

    /// <summary>Describes an error that the parser found in a command's options.</summary>
    public static string Describe(Command? command, Error error) => error switch
    {
        BadVerbSelectedError bad => Unknown(bad.Token),
        NoVerbSelectedError => "No command given.",
        UnknownOptionError unknown => UnknownOption(command, unknown.Token),
        MissingRequiredOptionError missing when missing.NameInfo.LongName.Length == 0 && command is not null =>
            $"An argument is missing. Usage: {command.Usage}",
        MissingRequiredOptionError missing => $"Option '{Name(missing)}' is required.",
        MissingValueOptionError missing => $"Option '{Name(missing)}' needs a value.",
        BadFormatTokenError bad when bad.Token.EndsWith('=') => $"Option '{bad.Token[..^1]}' needs a value.",
        BadFormatConversionError bad => $"Option '{Name(bad)}' expects a number.",
        RepeatedOptionError repeated => $"Option '{Name(repeated)}' is given more than once.",
        _ => SentenceBuilder.Create().FormatError(error),
    };

    /// <summary>
    /// Describes a surplus argument, or a last option without its value. The parser ignores both, so that
    /// <c>run shop.yaml</c> and <c>run --config</c> would run the default configuration.
    /// </summary>
    public static string? Unexpected(Command command, IEnumerable<string> arguments)
    {
        var values = 0;
        string? open = null;
        foreach (var argument in arguments)
        {
            if (open is not null && argument.Length > 0 && !argument.StartsWith("--", StringComparison.Ordinal))
            {
                open = null;
            }
            else if (open is not null)
            {
                break;
            }
            else if (argument.StartsWith('-') && argument.Length > 1)
            {
                var name = argument.Split('=')[0];
                var option = command.OptionsOf.FirstOrDefault(o => o.Name == name || $"-{o.ShortName}" == name);
                open = option is { IsSwitch: false } && argument.IndexOf('=') is var equals && (equals < 0 || equals == argument.Length - 1) ? option.Name : null;
                if (open is not null && argument.EndsWith('='))
                {
                    break;
                }
            }
            else if (++values > command.MaxValues)
            {
                var hint = command.OptionsOf.Any(o => o.Name == "--config") && argument.EndsWith(".yaml", StringComparison.Ordinal)
                    ? $" Did you mean '--config {argument}'?" : "";
                return $"Unexpected argument '{argument}' of '{command.Name}'.{hint}";
            }
        }

        return open is null ? null : $"Option '{open}' needs a value.";
    }

    /// <summary>Describes an unknown option of a command, or of the program if there is no command.</summary>
    public static string UnknownOption(Command? command, string token)
    {
        var name = token.TrimStart('-').Split('=')[0] is { Length: 1 } letter ? $"-{letter}" : $"--{token.TrimStart('-').Split('=')[0]}";
        return command is null ? $"Unknown option '{name}'.{SuggestionFor(name, ["--help", "--version"])}"
            : $"Unknown option '{name}' of '{command.Name}'.{SuggestionFor(name, [.. command.OptionsOf.Select(o => o.Name), "--help"])}";
    }

    /// <summary>Describes a value of <c>--store</c> that is no store's id.</summary>
    public static string UnknownStore(string id, StoreTable stores) =>
        $"--store: no store '{id}' in the configuration or the data folder; expected one of {string.Join(", ", stores.Select(store => store.Id))}";

    static string SuggestionFor(string name, IReadOnlyCollection<string> known) => Suggestion.Find(name, known) is { } near ? $" Did you mean '{near}'?" : "";

    static string Name(NamedError error) =>
        error.NameInfo.LongName.Length > 0 ? $"--{error.NameInfo.LongName}" : error.NameInfo.ShortName.Length > 0 ? $"-{error.NameInfo.ShortName}" : error.NameInfo.NameText;
}
