Feature: Recordings stay in the company's buckets

  Scenario: No recording goes into somebody else's bucket
    Given I have CompositeRecording defined
    When it has storageConfig
    When it has bucket
    Then its value must not match the "^somebody-elses-bucket$" regex
