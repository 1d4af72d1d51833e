using CommandLine;

namespace CartRecovery.Host.Commands.Control;

[Verb("roles", HelpText = "List the roles that users may have; create, change and delete custom roles.")]
sealed class RolesOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "list|add|change|delete", HelpText = "list: print all with their permissions. add: create a role. change: replace its permissions. "
        + "delete: delete a role that is assigned to no user.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "NAME", HelpText = "The role's name.")]
    public string? Name { get; set; }

    [Option("permissions", MetaValue = "PERMISSIONS", HelpText = "With add and change: the role's permissions, such as carts:read,analytics:read.")]
    public string? Permissions { get; set; }
}
