using CartRecovery.Fuzz;

namespace CartRecovery.Tests.Security;

/// <summary>The targets of coverage-guided fuzzing keep their promises on valid and on damaged inputs.</summary>
public sealed class FuzzTargetTests
{
    const int Inputs = 2_000;

    [TestCase("json")]
    [TestCase("messagepack")]
    [TestCase("websocket")]
    public void A_target_survives_damaged_inputs(string name)
    {
        var target = FuzzTarget.All[name];
        var seeds = target.Seeds();
        var mutator = new Mutator(seeds, new Random(17));
        foreach (var input in seeds.Concat(Enumerable.Range(0, Inputs).Select(_ => mutator.Next())))
        {
            Assert.That(() => target.Run(input), Throws.Nothing, Convert.ToHexString(input));
        }
    }
}
