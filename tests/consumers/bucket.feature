Feature: Recordings stay in the company's buckets

  Scenario: No recording goes into somebody else's bucket
    Given I have CompositeRecording defined
    Then it must have storageConfig
    Then it must have bucket
    And its value must not match the "^somebody-elses-bucket$" regex
