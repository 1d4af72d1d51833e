namespace CartRecovery.Bench.Attack;

/// <summary>An attack on a running engine: two stores, of which the attacker has a publishable key, or the other's secret key.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RunAsync">Attacks until it is done, or until the task ends, and returns what the attacker got.</param>
sealed record AttackPlan(string Name, Func<AttackedEngine, Task, Task<string>> RunAsync)
{
    /// <summary>An attack that ends by itself.</summary>
    public AttackPlan(string name, Func<AttackedEngine, Task<string>> attack)
        : this(name, (engine, _) => attack(engine))
    {
    }

    /// <summary>Everyone's key of the store demo.</summary>
    public const string Publishable = "pk_demo_attacked";

    /// <summary>The server's key of the store demo.</summary>
    public const string Secret = "sk_demo_attacked";

    /// <summary>The server's key of the store demo that works from this machine alone.</summary>
    public const string Local = "sk_local_attacked";

    /// <summary>The server's key of another store.</summary>
    public const string Other = "sk_other_attacked";

    static readonly string[] s_configuration =
    [
        $"stores: [{{ id: demo, cartUrl: \"https://shop.example/cart\", keys: [{{ key: {Publishable}, kind: publishable, origins: [\"*\"] }}, "
            + $"{{ key: {Secret}, kind: secret }}, {{ key: {Local}, kind: secret, loopbackOnly: true }}, {{ key: sk_demo, kind: secret, loopbackOnly: true }}] }}, "
            + $"{{ id: other, cartUrl: \"https://other.example/cart\", keys: [{{ key: {Other}, kind: secret }}] }}]",
    ];

    /// <summary>All attacks.</summary>
    public static IReadOnlyList<AttackPlan> All { get; } =
    [
        MailAttack.Plan, CartAttack.Plan, .. ClaimAttacks.Plans, FigureAttack.Plan, CodeAttack.Plan, .. DoorAttacks.Plans, .. OutputAttacks.Plans, ThiefAttack.Plan, LetterAttack.Plan, .. FloodAttacks.Plans,
    ];

    /// <summary>What the attacker got when the attack was first reported, before there was a defence.</summary>
    public required string Reported { get; init; }

    /// <summary>YAML of a campaign of the store demo; null for the shipped ones alone.</summary>
    public string? Campaign { get; init; }

    /// <summary>Lines of YAML that replace the sections with the same key.</summary>
    public string[] Configuration { get; init => field = [.. s_configuration, .. value]; } = s_configuration;

    /// <summary>Honest traffic before the attack.</summary>
    public Func<AttackedEngine, Task> PrepareAsync { get; init; } = _ => Task.CompletedTask;
}
