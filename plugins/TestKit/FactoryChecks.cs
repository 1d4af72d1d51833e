using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>Checks of <see cref="SinkSpec.Create"/>.</summary>
sealed class FactoryChecks(ContractRun run)
{
    // Texts that often break factories.
    static readonly string[] s_odd = ["x", "/", "é", "{}", "a b", "-1", "http://[", new('x', 10_000)];

    public async Task OpensNothingAsync()
    {
        var before = run.Receiver.Opened;
        var instance = run.Create();
        await Task.Delay(100);
        run.Expect(run.Receiver.Opened == before, "it opened a connection, a file or a process; leave that to ConnectAsync");
        await run.DisposeAsync(instance);
    }

    public async Task RejectsBadSettingsAsync()
    {
        foreach (var option in run.Spec.Options)
        {
            if (option.Required)
            {
                await RejectAsync(option.Name, null, "a missing value");
            }

            foreach (var text in s_odd)
            {
                await AcceptOrRejectAsync(option.Name, text);
            }
        }

        foreach (var (option, value) in run.Options.InvalidSettings)
        {
            await RejectAsync(option, value, "an invalid value");
        }
    }

    async Task RejectAsync(string option, OptionValue? value, string what)
    {
        try
        {
            await run.DisposeAsync(run.Create(option, value));
            run.Fail($"it accepted {what} of '{option}'");
        }
        catch (SinkConfigurationException error)
        {
            run.AddMessage(error);
            run.Expect(error.Option == option, $"{what} of '{option}' is blamed on '{error.Option}'");
        }
        catch (Exception error)
        {
            run.AddMessage(error);
            run.Fail($"{what} of '{option}' threw {error.GetType().Name}");
        }
    }

    async Task AcceptOrRejectAsync(string option, string value)
    {
        try
        {
            await run.DisposeAsync(run.Create(option, value));
        }
        catch (SinkConfigurationException error)
        {
            run.AddMessage(error);
            var quoted = value.Length > 3 && error.Message.Contains(value, StringComparison.Ordinal);
            run.Expect(!quoted, $"the message about '{option}' quotes the value; the engine does so where it is no secret");
        }
        catch (Exception error)
        {
            run.AddMessage(error);
            run.Fail($"an odd value of '{option}' threw {error.GetType().Name} instead of SinkConfigurationException");
        }
    }
}
