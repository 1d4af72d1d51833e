namespace CartRecovery.Tests.Support;

/// <summary>A small engine's configuration: free ports, little memory, everything in one folder.</summary>
sealed record EngineConfig
{
    public const string PublishableKey = "pk_test", SecretKey = "sk_test_0123456789abcdef", Origin = "http://shop.example";

    public string Http { get; init; } = "127.0.0.1:0";

    public int MaxConnections { get; init; } = 64;

    /// <summary>Further keys of the section listen, each after a comma.</summary>
    public string Listen { get; init; } = "";

    public string Data { get; init; } = "data";

    public int Partitions { get; init; } = 2;

    /// <summary>Additional sections, one per line: journal and checkpoints.</summary>
    public string Durability { get; init; } = "";

    /// <summary>Little memory: each checkpoint copies a part of it.</summary>
    public string Dedup { get; init; } = "{ window: 1h, memory: 8MB }";

    public string Memory { get; init; } = "{ limit: 4GB, carts: 16MB, customers: 16MB }";

    public string Model { get; init; } = Path.Combine(Repository.Root, "config", "models", "purchase.onnx");

    /// <summary>YAML in flow style, which needs fewer quotes than JSON.</summary>
    public string Campaigns { get; init; } = "[]";

    /// <summary>The window with at most one intervention per cart.</summary>
    public string Window { get; init; } = "1h";

    /// <summary>No holdout, so that results are deterministic.</summary>
    public string Contact { get; init; } = "{ holdout: 0 }";

    /// <summary>The base URL of links in messages.</summary>
    public string CartUrl { get; init; } = "https://shop.example/cart";

    /// <summary>A store before the usual one, in lines of YAML.</summary>
    public string FirstStore { get; init; } = "";

    public string Sinks { get; init; } = "{}";

    /// <summary>The origins that may use the publishable key.</summary>
    public string Pages { get; init; } = Origin;

    /// <summary>How carts of bots are treated; browsers of tests are some.</summary>
    public string Bots { get; init; } = "people";

    /// <summary>A further key of the usual store.</summary>
    public string StoreKeys { get; init; } = "timezone: UTC";

    public string WriteTo(Scratch scratch) => scratch.Write("cartrecovery.yaml", $$"""
        listen: { http: "{{Http}}", stream: "127.0.0.1:0", tcpKey: {{SecretKey}}, maxConnections: {{MaxConnections}}{{Listen}} }
        data: "{{Data}}"
        partitions: {{Partitions}}
        stores:
        {{FirstStore}}
          - id: shop
            cartUrl: "{{CartUrl}}"
            bots: {{Bots}}
            {{StoreKeys}}
            keys:
              - { key: {{PublishableKey}}, kind: publishable, origins: ["{{Pages}}"] }
              - { key: {{SecretKey}}, kind: secret }
        memory: {{Memory}}
        dedup: {{Dedup}}
        scoring: { model: "{{Model}}" }
        decisions: { window: {{Window}}, campaigns: {{Campaigns}} }
        contact: {{Contact}}
        sinks: {{Sinks}}
        {{Durability}}

        """);
}
