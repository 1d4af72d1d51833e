using CommandLine;

namespace CartRecovery.Host.Commands.Control;

[Verb("users", HelpText = "Add and list users, change their roles, and let them set a new password.")]
sealed class UsersOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "add|list|reset|roles|disable|enable", HelpText = "add: add a user. list: print all. reset: let a user set a new password. "
        + "roles: replace a user's roles. disable, enable: forbid or permit a user to sign in.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "EMAIL", HelpText = "The user's e-mail address.")]
    public string? Email { get; set; }

    [Option("role", MetaValue = "ROLES", HelpText = "With add and roles: admin, operator, marketer, analyst, viewer or a custom role; ROLE@STORE for one store only; separate several by commas.")]
    public string? Role { get; set; }

    [Option("password", HelpText = "With add and reset: read the password from standard input, instead of printing a token to set it.")]
    public bool Password { get; set; }

    [Option("totp", HelpText = "With reset: remove the authenticator app and the recovery codes as well.")]
    public bool Totp { get; set; }
}
