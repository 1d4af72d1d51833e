using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Implements <c>roles</c>: manages roles, beside a running engine or without one.</summary>
static class RolesCommand
{
    public static Task<int> RunAsync(RolesOptions options)
    {
        var permissions = options.Permissions?.Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal) ?? [];
        var problem = options.Action is not ("list" or "add" or "change" or "delete") ? $"unknown action '{options.Action}'; expected list, add, change or delete"
            : options.Action == "list" ? null
            : options.Name is not { } name ? $"roles {options.Action}: expected a name"
            : Role.BuiltIn.ContainsKey(name) ? $"the role '{name}' is built in; create a custom role"
            : options.Action == "delete" ? null : Role.ProblemOf(name, permissions);
        if (problem is not null)
        {
            Console.Error.WriteLine($"error: {problem}");
            return Task.FromResult(ExitCode.BadUsage);
        }

        return ControlAccess.UseAsync(options.Config, (control, _) => RunAsync(options.Action, options.Name!, permissions, control));
    }

    static async Task<int> RunAsync(string action, string name, HashSet<string> permissions, ControlDatabase control)
    {
        var roles = new RoleStore(control);
        if (action == "list")
        {
            foreach (var role in (await roles.ListAsync()).Values)
            {
                Console.WriteLine($"{role.Name,-Role.MaxName}  {string.Join(',', Permission.All.Where(role.Permissions.Contains))}");
            }

            return ExitCode.Success;
        }

        try
        {
            var done = action == "delete" ? await roles.DeleteAsync(name, AuditEvent.Command, address: null)
                : await roles.SetAsync(new Role(name, permissions), isNew: action == "add", AuditEvent.Command, address: null);
            (done ? Console.Out : Console.Error).WriteLine(done ? $"{action}: {name}" : $"error: there is no role {name}");
            return done ? ExitCode.Success : ExitCode.Failed;
        }
        catch (ControlRefusalException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {e.Message}");
            return ExitCode.Failed;
        }
    }
}
