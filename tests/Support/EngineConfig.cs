namespace CartRecovery.Tests.Support;

/// <summary>A small engine's configuration: free ports, little memory, everything in one folder.</summary>
sealed record EngineConfig
{
    public const string PublishableKey = "pk_test", SecretKey = "sk_test", Origin = "http://shop.example";

    public string Http { get; init; } = "127.0.0.1:0";

    public int MaxConnections { get; init; } = 64;

    public string Data { get; init; } = "data";

    public int Partitions { get; init; } = 2;

    /// <summary>Further sections, a line each: those of the journal, the checkpoints and the deduplication.</summary>
    public string Durability { get; init; } = "";

    public string Memory { get; init; } = "{ limit: 4GB, carts: 16MB, customers: 16MB }";

    public string Model { get; init; } = Path.Combine(Repository.Root, "config", "models", "purchase.onnx");

    /// <summary>YAML in flow style, which is JSON with fewer quotes.</summary>
    public string Campaigns { get; init; } = "[]";

    /// <summary>At most one intervention per cart in this time.</summary>
    public string Window { get; init; } = "1h";

    /// <summary>Nobody is left alone by chance, so that a test knows what comes.</summary>
    public string Contact { get; init; } = "{ holdout: 0 }";

    /// <summary>Where links in messages lead.</summary>
    public string CartUrl { get; init; } = "https://shop.example/cart";

    public string Sinks { get; init; } = "{}";

    /// <summary>Where the pages are that may use the publishable key.</summary>
    public string Pages { get; init; } = Origin;

    public string WriteTo(Scratch scratch) => scratch.Write("cartrecovery.yaml", $$"""
        listen: { http: "{{Http}}", stream: "127.0.0.1:0", tcpKey: {{SecretKey}}, maxConnections: {{MaxConnections}} }
        data: "{{Data}}"
        partitions: {{Partitions}}
        stores:
          - id: shop
            cartUrl: "{{CartUrl}}"
            keys:
              - { key: {{PublishableKey}}, kind: publishable, origins: ["{{Pages}}"] }
              - { key: {{SecretKey}}, kind: secret }
        memory: {{Memory}}
        scoring: { model: "{{Model}}" }
        decisions: { window: {{Window}}, campaigns: {{Campaigns}} }
        contact: {{Contact}}
        sinks: {{Sinks}}
        {{Durability}}

        """);
}
