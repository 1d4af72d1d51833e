namespace CartRecovery.Plugins.TestKit;

/// <summary>Checks disposal, and the messages that the sink produced during all checks.</summary>
sealed class LifetimeChecks(ContractRun run)
{
    // Shorter secrets occur in ordinary words.
    const int MinSecretLength = 4;

    public async Task DisposesTwiceAsync()
    {
        var unused = run.Create();
        await run.DisposeAsync(unused);
        await run.DisposeAsync(unused);
        var used = run.Create();
        if (await run.ConnectAsync(used))
        {
            await run.WriteAsync(used, run.Items(1));
        }

        await run.DisposeAsync(used);
        await run.DisposeAsync(used);
    }

    public Task KeepsSecretsAsync()
    {
        foreach (var option in run.Spec.Options.Where(option => option.IsSecret))
        {
            var value = run.Receiver.Settings.GetValueOrDefault(option.Name);
            foreach (var secret in value?.Map?.Values ?? (value?.Text is { } text ? Parts(text) : []))
            {
                run.Expect(!run.Messages.Any(message => Holds(message, secret)), $"an exception, a reason or the health shows '{option.Name}'");
            }
        }

        var recipient = run.Items(1)[0].Recipient;
        foreach (var address in new[] { recipient?.Email, recipient?.Phone?.TrimStart('+'), recipient?.PushToken })
        {
            run.Expect(address is null || !run.Reasons.Any(reason => Holds(reason, address)), "a reason shows the recipient's address");
        }

        return Task.CompletedTask;
    }

    // The host and port of a secret URL may be shown.
    static IEnumerable<string> Parts(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.IsAbsoluteUri && url.Host.Length > 0 ? [text, url.PathAndQuery] : [text];

    static bool Holds(string text, string secret) => secret.Length >= MinSecretLength && text.Contains(secret, StringComparison.Ordinal);
}
