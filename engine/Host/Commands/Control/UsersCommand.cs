using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Implements <c>users</c>: manages users, beside a running engine or without one.</summary>
static class UsersCommand
{
    public static Task<int> RunAsync(UsersOptions options)
    {
        if (WrongUsage(options) is { } wrong)
        {
            Console.Error.WriteLine($"error: {wrong}");
            return Task.FromResult(ExitCode.BadUsage);
        }

        return ControlAccess.UseAsync(options.Config, (control, config) => RunAsync(options, control, config));
    }

    /// <summary>Adds the first administrator to the database of a configuration.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> AddAdminAsync(CartRecoveryConfig config, string email) =>
        ControlAccess.UseAsync(config, (control, _) => AddAsync(new UsersOptions { Email = email, Role = Role.Admin }, control, config));

    /// <summary>Validates an e-mail address. Returns the problem; <see langword="null"/> if it is valid.</summary>
    public static string? ProblemOf(string? email) => email is not null && User.IsEmail(email) ? null : $"expected an e-mail address, got '{email}'";

    static async Task<int> RunAsync(UsersOptions options, ControlDatabase control, CartRecoveryConfig config)
    {
        var users = new UserStore(control);
        switch (options.Action)
        {
            case "list":
                await ListAsync(users);
                return ExitCode.Success;
            case "add":
                return await AddAsync(options, control, config);
            case "reset":
                return await ResetAsync(options, control, users);
        }

        IReadOnlyList<Grant> grants = [];
        if (options.Action == "roles")
        {
            (grants, var problem) = Parse(options.Role!, config, await new RoleStore(control).ListAsync());
            if (problem is not null)
            {
                Console.Error.WriteLine($"error: --role: {problem}");
                return ExitCode.BadUsage;
            }
        }

        try
        {
            var done = await users.FindAsync(options.Email!) is { } user && await (options.Action == "roles"
                ? users.SetGrantsAsync(user.Id, grants, AuditEvent.Command) : users.DisableAsync(user.Id, options.Action == "disable", AuditEvent.Command));
            return done ? Done($"{options.Action}: {options.Email}") : Unknown(options.Email!);
        }
        catch (ControlRefusalException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {e.Message}");
            return ExitCode.Failed;
        }
    }

    static async Task ListAsync(UserStore users)
    {
        foreach (var user in await users.ListAsync())
        {
            var roles = string.Join(',', user.Grants.Select(grant => grant.Store is null ? grant.Role : $"{grant.Role}@{grant.Store}"));
            Console.WriteLine(TerminalText.Clean($"{user.Id}  {user.Email,-32}  {user.State.ToString().ToLowerInvariant(),-8}  {(user.HasTotp ? "totp" : "-"),-4}  {roles}"));
        }
    }

    static async Task<int> AddAsync(UsersOptions options, ControlDatabase control, CartRecoveryConfig config)
    {
        var (grants, problem) = Parse(options.Role!, config, await new RoleStore(control).ListAsync());
        if (problem is not null)
        {
            Console.Error.WriteLine($"error: --role: {problem}");
            return ExitCode.BadUsage;
        }

        try
        {
            var (user, token) = await new UserStore(control).InviteAsync(options.Email!, grants, AuditEvent.Command);
            return await GiveAsync(options, control, user.Email, token, UserStore.InvitationAge);
        }
        catch (ControlRefusalException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {e.Message}");
            return ExitCode.Failed;
        }
        catch (ControlDatabaseException e) when (e.Code == ControlDatabaseException.Duplicate)
        {
            Console.Error.WriteLine($"error: {options.Email} is a user already; to set a new password: cartrecovery users reset {options.Email}");
            return ExitCode.Failed;
        }
    }

    static async Task<int> ResetAsync(UsersOptions options, ControlDatabase control, UserStore users)
    {
        if (await users.FindAsync(options.Email!) is not { } user || await users.ResetAsync(user.Email, AuditEvent.Command) is not { } token)
        {
            return Unknown(options.Email!);
        }

        if (options.Totp)
        {
            using var passwords = new Passwords();
            await using var recorder = new AuditRecorder(control);
            await new Logins(control, passwords, recorder).RemoveTotpAsync(user.Id, AuditEvent.Command);
        }

        return await GiveAsync(options, control, user.Email, token, UserStore.ResetAge);
    }

    // Every user of the machine can see arguments, so the password is read from standard input.
    static async Task<int> GiveAsync(UsersOptions options, ControlDatabase control, string email, string token, TimeSpan age)
    {
        if (!options.Password)
        {
            var within = age.TotalDays >= 1 ? $"{age.TotalDays:0} days" : $"{age.TotalMinutes:0} minutes";
            Console.WriteLine($"{email} sets a password with this token, once, within {within}, by POST /v1/auth/password:");
            Console.WriteLine($"  {{\"token\":\"{token}\",\"password\":\"…\"}}");
            return ExitCode.Success;
        }

        var password = (await Console.In.ReadLineAsync())?.TrimEnd('\r', '\n') ?? "";
        if (Passwords.ProblemOf(password, email) is { } problem)
        {
            Console.Error.WriteLine($"error: {problem}");
            return ExitCode.Failed;
        }

        using var passwords = new Passwords();
        await new UserStore(control).AcceptAsync(token, await passwords.HashAsync(password), address: null);
        return Done($"{email} can sign in");
    }

    static (IReadOnlyList<Grant> Grants, string? Problem) Parse(string text, CartRecoveryConfig config, IReadOnlyDictionary<string, Role> roles)
    {
        var grants = new List<Grant>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var (role, store) = part.Split('@', 2) is [var name, var of] ? (name, of) : (part, null);
            if (!roles.ContainsKey(role))
            {
                return ([], $"expected {string.Join(", ", roles.Keys)}, got '{role}'");
            }

            if (store is not null && !config.Stores.Exists(s => s.Id == store))
            {
                return ([], $"the configuration has no store '{store}'");
            }

            grants.Add(new Grant(role, store));
        }

        return (grants, null);
    }

    static string? WrongUsage(UsersOptions options) =>
        options.Action is not ("add" or "list" or "reset" or "roles" or "disable" or "enable") ? $"unknown action '{options.Action}'; expected add, list, reset, roles, disable or enable"
        : options.Action == "list" ? null
        : ProblemOf(options.Email) ?? (options.Action is "add" or "roles" && options.Role is null ? "--role: expected a role" : null);

    static int Unknown(string email)
    {
        Console.Error.WriteLine($"error: there is no user {email}, or the user is disabled");
        return ExitCode.Failed;
    }

    static int Done(string text)
    {
        Console.WriteLine(TerminalText.Clean(text));
        return ExitCode.Success;
    }
}
