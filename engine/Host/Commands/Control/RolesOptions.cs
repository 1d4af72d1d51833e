using CommandLine;

namespace CartRecovery.Host.Commands.Control;

[Verb("roles", HelpText = "List the roles that users may have, and make, change and delete roles of your own.")]
sealed class RolesOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "list|add|change|delete", HelpText = "list: print all with their permissions. add: make a role. change: replace its permissions. "
        + "delete: delete a role that no user has.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "NAME", HelpText = "The role's name.")]
    public string? Name { get; set; }

    [Option("permissions", MetaValue = "PERMISSIONS", HelpText = "With add and change: what the role may do, such as carts:read,analytics:read.")]
    public string? Permissions { get; set; }
}
